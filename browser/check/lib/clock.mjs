// A clock for the client under test: its timers of some length are held until the check
// lets them run, and its time passes when the check says so. Timers that others set, and
// short ones, run as always. Clients may keep to the timers of the moment in which a manager is
// made, so the clock has to be there by then.

const real = { setTimeout, clearTimeout, now: Date.now };

export class Clock {
  #held = new Set();
  #passed = 0;
  #owner;
  #least;
  #over = false;

  /** Holds the timers of at least so many milliseconds that code of this place sets. */
  constructor(owner, least) {
    this.#owner = owner;
    this.#least = least;
    globalThis.setTimeout = (run, delay, ...args) => this.#set(run, delay, args);
    globalThis.clearTimeout = (timer) => {
      if (!this.#held.delete(timer)) real.clearTimeout(timer);
    };
    Date.now = () => real.now() + this.#passed;
  }

  #set(run, delay, args) {
    const caller = new Error().stack.split("\n")[3] ?? "";
    if (this.#over || !(delay >= this.#least) || !caller.includes(this.#owner)) return real.setTimeout(run, delay, ...args);
    const timer = { run: () => run(...args), delay, due: this.#passed + delay, ref: () => timer, unref: () => timer };
    this.#held.add(timer);
    return timer;
  }

  /** How long the timers are that are held. */
  get delays() {
    return [...this.#held].map(({ delay }) => delay);
  }

  /** Lets the held timers of which the predicate (default: any) is true run, as though their time had come. */
  fire(accept = () => true) {
    const due = [...this.#held].filter(({ delay }) => accept(delay));
    for (const timer of due) if (this.#held.delete(timer)) timer.run();
    return due.length;
  }

  /** Lets time pass without that any timer runs, as when a laptop sleeps. */
  sleep(ms) {
    this.#passed += ms;
  }

  /** Lets time pass, and the timers run that come due. */
  pass(ms) {
    const end = this.#passed + ms;
    for (;;) {
      const [next] = [...this.#held].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#passed = Math.max(this.#passed, next.due);
      this.#held.delete(next);
      next.run();
    }
    this.#passed = end;
  }

  /** Gives the program its own timers back; who has kept this clock's gets those as well. */
  restore() {
    this.#over = true;
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    Date.now = real.now;
  }
}
