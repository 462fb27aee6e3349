// The line that says where what is typed is kept: no more than is true. A screen reader hears of trouble and of its
// end, not of every pause.

import { element } from "./element.js";
import { isSignedOut, reason } from "./request.js";

const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function words(autosave) {
  if (autosave.confirmed) return autosave.savedAt ? `Saved ${CLOCK.format(autosave.savedAt)}` : "";
  if (autosave.trouble === null) return "Saving";
  const rest = autosave.full
    ? "and this browser keeps nothing. Copy your text before you leave"
    : "kept in this browser";
  return `NOT saved: ${reason(autosave.trouble)}, ${rest}`;
}

export function stateLine(line) {
  const shown = element("span");
  const signIn = element("a", { href: "/sign-in", target: "_blank", hidden: true }, "Sign in in another tab");
  const spoken = element("p", { class: "visually-hidden", role: "status" });
  let troubled = false;
  line.removeAttribute("role");
  line.replaceChildren(shown, " ", signIn);
  line.after(spoken);
  return (autosave) => {
    const now = words(autosave);
    if (shown.textContent !== now) shown.textContent = now;
    const trouble = now.startsWith("NOT");
    line.toggleAttribute("data-trouble", trouble);
    signIn.hidden = !trouble || !isSignedOut(autosave.trouble);
    if (trouble !== troubled && (trouble || autosave.confirmed)) {
      troubled = trouble;
      spoken.textContent = now;
    }
  };
}
