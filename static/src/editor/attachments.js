// Files that are pasted, dropped or chosen become attachments; the text says where. A file that can't be taken says why
// and can be tried again.

import { element, icon } from "./element.js";
import { Refused, reason, renewWord } from "./request.js";
import { toolbarButton } from "./toolbar.js";
import { replaceAside, replaceText } from "./typing.js";

const PATIENCE_MS = 300000;
const MEBIBYTE = 2 ** 20;

export class Attachments {
  running = new Set();
  failures = 0;

  // `most`: how many bytes the server takes.
  constructor(panes, field, form, address, most) {
    this.field = field;
    this.form = form;
    this.address = address;
    this.most = most;
    this.list = element("ul", { class: "editor-files" });
    this.status = element("p", { class: "visually-hidden", role: "status" });
    this.input = element("input", { type: "file", multiple: true, hidden: true });
    this.button = toolbarButton("attach", "paperclip", "Attach files", { class: "editor-button editor-worded" });
    this.button.append("Attach");
    this.button.addEventListener("click", () => this.input.click());
    panes.after(this.input, this.list, this.status);
    this.listen(panes);
  }

  listen(panes) {
    // Word processors put a picture beside the text that they copy: the text is meant.
    panes.addEventListener("paste", (event) => {
      if (event.clipboardData?.types.includes("text/plain")) event.stopImmediatePropagation();
    }, { capture: true });
    panes.addEventListener("file-attachment-accepted", (event) => {
      this.takeAll(event.detail.attachments.map(({ file }) => file));
    });
    this.input.addEventListener("change", () => {
      this.takeAll([...this.input.files]);
      this.input.value = "";
    });
  }

  // When nothing is on its way any more: whether all that was has come.
  async settled() {
    const failed = this.failures;
    if (this.running.size) this.list.scrollIntoView({ block: "nearest" });
    while (this.running.size) await Promise.allSettled(this.running);
    return this.failures === failed;
  }

  takeAll(files) {
    files.forEach((file, place) => this.take(file, place > 0 ? "\n" : ""));
  }

  take(file, before = "") {
    if (file.size > this.most) {
      this.refuse(file, element("li"), `it is larger than ${Math.floor(this.most / MEBIBYTE)} MiB`);
      return;
    }
    const mark = this.mark(file.name);
    const { field } = this;
    replaceText(field, field.selectionStart, field.selectionEnd, before + mark);
    this.start(file, mark);
  }

  // Stands in the text until the file is there; no other text is like it.
  mark(name) {
    const plain = name.replace(/[[\]()\n]/g, "");
    for (let number = 1; ; number += 1) {
      const mark = `![Uploading ${plain}${number > 1 ? ` (${number})` : ""}]()`;
      if (!this.field.value.includes(mark)) return mark;
    }
  }

  start(file, mark) {
    const line = element("li", {}, icon("upload"), element("span", {}, `Uploading ${file.name}`));
    this.list.append(line);
    this.status.textContent = `Uploading ${file.name}`;
    const run = this.send(file, line).then(
      ({ markdown }) => this.done(file, line, mark, markdown),
      (error) => this.failed(file, line, mark, error),
    );
    this.running.add(run);
    run.finally(() => this.running.delete(run));
  }

  done(file, line, mark, markdown) {
    this.put(mark, markdown);
    line.remove();
    this.status.textContent = `${file.name} is attached`;
  }

  failed(file, line, mark, error) {
    this.failures += 1;
    this.put(mark, "");
    const again = element("button", { type: "button", class: "button" }, "Try again");
    again.addEventListener("click", () => { line.remove(); this.take(file); });
    this.refuse(file, line, reason(error), again);
  }

  refuse(file, line, why, ...more) {
    const words = `${file.name} was not attached: ${why}.`;
    const attributes = { type: "button", class: "button", "aria-label": `Dismiss ${file.name}` };
    const away = element("button", attributes, "Dismiss");
    away.addEventListener("click", () => { line.remove(); this.field.focus(); });
    line.className = "editor-failed";
    line.replaceChildren(
      icon("triangle-alert"), element("span", {}, words), element("div", { class: "editor-acts" }, ...more, away),
    );
    this.list.append(line);
    this.status.textContent = words;
  }

  // Whoever removed the mark meanwhile doesn't want the file.
  put(mark, text) {
    const start = this.field.value.indexOf(mark);
    if (start !== -1) replaceAside(this.field, start, start + mark.length, text);
  }

  async send(file, line, renewed = false) {
    const answer = await upload(this.form, this.address, file, (share) => {
      line.querySelector("span").textContent = `Uploading ${file.name}, ${Math.floor(share * 100)} %`;
    });
    if (answer.status === 201) return JSON.parse(answer.text);
    if (answer.status === 403 && !renewed && (await renewWord(this.form))) return this.send(file, line, true);
    throw new Refused(answer.status, answer.text);
  }
}

// Not fetch: that tells nothing of how far an upload is.
function upload(form, address, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name);
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", form.querySelector("input[name=csrf_token]")?.value ?? "");
    request.timeout = PATIENCE_MS;
    request.upload.addEventListener("progress", ({ loaded, total }) => { if (total) progress(loaded / total); });
    request.addEventListener("load", () => resolve({ status: request.status, text: request.responseText }));
    for (const kind of ["error", "timeout"]) request.addEventListener(kind, () => reject(new Error(kind)));
    request.send(body);
  });
}
