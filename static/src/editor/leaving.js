// Saving the form, and leaving its page without losing what was typed.

import { isUnreachable } from "./request.js";

// The server gets the copy first: when it can't be reached, or wants one to sign in, the page stays as it is.
export function saveWithCare(form, autosave, { prepare, complain }) {
  let busy = false;
  form.addEventListener("submit", async (event) => {
    if (autosave.leaving) return;
    if (event.submitter?.hasAttribute("formaction")) return void (autosave.leaving = true);
    event.preventDefault();
    if (busy) return;
    busy = true;
    const prepared = await prepare();
    await autosave.flush();
    busy = false;
    if (!prepared) return; // it says why; who saves once more does without
    // Anything else that is wrong with the copy is no reason not to save the insight.
    if (!autosave.confirmed && isUnreachable(autosave.trouble)) return complain();
    autosave.keep(true);
    autosave.leaving = true;
    // Not at once: while this event is still on its way a form refuses another one.
    setTimeout(() => form.requestSubmit(event.submitter));
  });
  // Brought back by the back button it shows what was saved long ago.
  window.addEventListener("pageshow", (event) => { if (event.persisted && autosave.leaving) location.reload(); });
}

export function leaveWithCare(form, autosave) {
  const both = () => {
    if (autosave.leaving) return;
    autosave.keep();
    autosave.push();
  };
  document.addEventListener("submit", ({ target }) => {
    if (target !== form && target.getAttribute("action")?.includes(autosave.id)) autosave.stop();
  });
  form.addEventListener("focusout", () => autosave.push());
  document.addEventListener("visibilitychange", both);
  window.addEventListener("pagehide", both);
  window.addEventListener("focus", both);
  window.addEventListener("online", both);
  window.addEventListener("beforeunload", (event) => {
    autosave.keep();
    if (!autosave.leaving && !autosave.safe) event.preventDefault();
  });
}

// Ctrl+S, on a Mac Cmd+S: like the button.
export function saveByKey(form) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.defaultPrevented || event.repeat) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[name=act][value=save]"));
  });
}
