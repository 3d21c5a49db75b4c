import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { AppState } from "react-native";
import { io } from "socket.io-client";
import { url } from "./config";

// A phone has no cookies and no page to stay on: a WebSocket at once needs neither polling
// nor a load balancer that is sticky.
export const socket = io(url, { transports: ["websocket"], autoConnect: false });

// In the background the system stops the app and keeps the connection, until the server
// notices that no pings are answered. So it is given up then, and made again.
AppState.addEventListener("change", (state) => {
  if (state === "active") socket.connect();
  if (state === "background") socket.disconnect();
});

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
