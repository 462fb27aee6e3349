// Nothing typed is lost: every pause leaves a copy in this browser and, a little later, one on the server.

import { sentFields, typedFields } from "./fields.js";
import { forgetHere, keepHere } from "./kept.js";
import { Pause } from "./pause.js";
import { Refused, send } from "./request.js";
import { Tabs, newId } from "./tabs.js";

const HERE_MS = 400;
const THERE_MS = 2000;
const RETRY_MS = 5000;
const LONGEST_RETRY_MS = 60000;
const PATIENCE_MS = 15000;
// What is sent while a page goes may be so long (in bytes); of longer texts this browser's copy is left.
const LAST_WORDS = 60000;

export class Autosave {
  trouble = null; // the error for which the server has no copy of what is typed
  savedAt = null; // when it confirmed the last one
  full = false; // whether this browser refused to keep one
  leaving = false; // whether the form is on its way: what is typed after all is kept again
  failures = 0;
  sending = null;

  // `tell` is called whenever the state may have changed.
  constructor(form, tell) {
    this.form = form;
    this.tell = () => tell(this);
    this.begun = this.here = this.there = JSON.stringify(sentFields(form));
    this.hereSoon = new Pause(HERE_MS, () => { this.keep(); this.tell(); });
    this.thereSoon = new Pause(THERE_MS, () => this.push());
    this.tabs = new Tabs(form.dataset.insight || this.id, (id) => this.giveWay(id));
  }

  get id() {
    return this.form.dataset.copy.split("/").pop();
  }

  get text() {
    return JSON.stringify(typedFields(this.form));
  }

  get confirmed() {
    return this.text === this.there;
  }

  get safe() {
    return this.confirmed || this.text === this.here;
  }

  typed() {
    this.leaving = false;
    this.hereSoon.begin();
    if (this.trouble === null) this.thereSoon.begin();
    this.tell();
  }

  // The copy in this browser: at once. `sent`: the form goes without one on the server, and may well be saved.
  keep(sent = false) {
    this.hereSoon.end();
    const { text } = this;
    if (text === this.there) return this.forget();
    if (text === this.here && !sent) return;
    const { owner = "", insight = "", version = "" } = this.form.dataset;
    this.full = !keepHere(this.id, { owner, insight, version, sent, fields: JSON.parse(text) });
    if (!this.full) this.here = text;
  }

  forget() {
    this.hereSoon.end();
    this.here = null;
    forgetHere(this.id);
  }

  // What is discarded is not kept once more on the way out.
  stop() {
    this.leaving = true;
    this.thereSoon.end();
    this.forget();
  }

  // The copy on the server. One request at a time: a slow one must not overtake the next.
  push() {
    this.thereSoon.end();
    if (this.confirmed) return Promise.resolve();
    this.sending ??= this.put(this.text).finally(() => { this.sending = null; });
    return this.sending;
  }

  async put(text) {
    this.tabs.tell(this.id);
    try {
      const answer = await this.request(text);
      if (!answer.ok) throw new Refused(answer.status, await answer.text());
      this.confirm(text, new Date((await answer.json()).saved_at));
    } catch (error) {
      this.fail(error);
    }
    this.tell();
  }

  request(text) {
    const { insight, version, copy } = this.form.dataset;
    const whole = (number) => (number ? Number(number) : null);
    const body = JSON.stringify({
      insight_id: whole(insight), base_version: whole(version), fields: JSON.parse(text),
    });
    const keepalive = new TextEncoder().encode(body).length < LAST_WORDS;
    const headers = { "Content-Type": "application/json" };
    return send(this.form, copy, { method: "PUT", headers, body, keepalive, signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  confirm(text, savedAt) {
    this.there = text;
    this.savedAt = savedAt;
    this.trouble = null;
    this.failures = 0;
    if (this.confirmed) this.forget();
    else this.thereSoon.begin();
  }

  fail(error) {
    this.trouble = error;
    this.keep();
    this.thereSoon.begin(Math.min(RETRY_MS * 2 ** this.failures, LONGEST_RETRY_MS));
    this.failures += 1;
  }

  // Another tab writes the same insight: the server's copy is that one's now, so this text is kept in this browser,
  // under an id of its own. Who comes back to this tab takes the server's copy over again.
  giveWay(id) {
    if (this.leaving || this.text === this.begun) return;
    this.thereSoon.end();
    if (id === this.id) this.rename(newId());
    this.here = this.there = null;
    this.trouble = new Refused(409, "");
    this.keep();
    this.tell();
  }

  // Both copies, as good as they can be made now. Typing may go on meanwhile: then it is sent once more.
  async flush() {
    this.keep();
    await this.sending;
    for (let turn = 0; turn < 2 && !this.confirmed; turn += 1) await this.push();
  }

  // The form goes on as another copy: of an earlier visit, kept in this browser.
  become({ id, version }) {
    this.keep();
    this.form.dataset.version = version;
    this.set("version", version);
    this.rename(id);
    this.here = this.there = null;
  }

  rename(id) {
    const { dataset } = this.form;
    dataset.copy = dataset.copy.replace(/[^/]+$/, id);
    this.set("copy", id);
  }

  set(name, value) {
    const field = this.form.elements.namedItem(name);
    if (field) field.value = value;
  }
}
