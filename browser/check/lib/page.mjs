// What a page gives its scripts, as far as the clients look at it, for Node: events of the
// window and of the document, which checks fire. It has to be there before a client is
// loaded, since clients look whether it is.

const target = new EventTarget();
const listening = new Map(); // how many listeners each event has

function addEventListener(type, ...rest) {
  listening.set(type, (listening.get(type) ?? 0) + 1);
  target.addEventListener(type, ...rest);
}

function removeEventListener(type, ...rest) {
  listening.set(type, (listening.get(type) ?? 0) - 1);
  target.removeEventListener(type, ...rest);
}

/** The page: `fire(event, fields)` fires one, and `listeners(event)` counts who listens. */
export const page = {
  fire: (type, fields = {}) => target.dispatchEvent(Object.assign(new Event(type), fields)),
  listeners: (type) => listening.get(type) ?? 0,
  /** Makes the page hidden or visible, and says so. */
  show(visible) {
    document.visibilityState = visible ? "visible" : "hidden";
    document.hidden = !visible;
    page.fire("visibilitychange");
  },
};

export function installPage() {
  Object.assign(globalThis, {
    addEventListener,
    removeEventListener,
    onpagehide: null,
    document: { visibilityState: "visible", hidden: false, addEventListener, removeEventListener },
  });
}

/** Runs the function while scripts see that location; resolves with what it returns. */
export function at(href, run) {
  globalThis.location = href && new URL(href);
  try {
    return run();
  } finally {
    delete globalThis.location;
  }
}
