// Does something once nothing has happened for a while.
export class Pause {
  timer = 0;

  constructor(milliseconds, act) {
    this.milliseconds = milliseconds;
    this.act = act;
  }

  begin(milliseconds = this.milliseconds) {
    this.end();
    this.timer = setTimeout(this.act, milliseconds);
  }

  end() {
    clearTimeout(this.timer);
  }
}
