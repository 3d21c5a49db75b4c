import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { io } from "socket.io-client";

// The socket is made outside of components: these come and go, it stays.
export const socket = io({ autoConnect: false });

/** Whether the connection is up. */
export function useConnected() {
  return useSyncExternalStore(subscribe, () => socket.connected);
}

function subscribe(changed) {
  socket.on("connect", changed).on("disconnect", changed);
  return () => socket.off("connect", changed).off("disconnect", changed);
}

/** Calls the listener for each event of that name, as long as the component is there. */
export function useEvent(name, listener) {
  const latest = useEffectEvent(listener);
  useEffect(() => {
    const forward = (...args) => latest(...args);
    socket.on(name, forward);
    return () => socket.off(name, forward); // this listener, not all of the event
  }, [name]);
}
