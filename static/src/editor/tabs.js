// The tabs in which the same insight is written. It has one copy on the server, of who wrote last: the others are told.

export class Tabs {
  channel = null;

  // `insight`: its id, of a new one that of its copy. `told` is called with the id of the copy that another tab sends.
  constructor(insight, told) {
    if (!("BroadcastChannel" in window)) return;
    this.channel = new BroadcastChannel(`insights.writing.${insight}`);
    this.channel.addEventListener("message", ({ data }) => told(data));
  }

  tell(id) {
    this.channel?.postMessage(id);
  }
}

// Not crypto.randomUUID: plain HTTP has none.
export function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
