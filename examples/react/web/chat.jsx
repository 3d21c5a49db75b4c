import { useEffect, useState } from "react";
import { socket, useConnected, useEvent } from "./socket.js";

export function Chat() {
  const connected = useConnected();
  const [lines, setLines] = useState([]);
  const [text, setText] = useState("");
  const add = (line) => setLines((before) => [...before, line].sort((a, b) => a.id - b.id));

  useEvent("history", setLines); // at each connection: what was missed is among it
  useEvent("said", add);

  // The last of the effects, so that nothing comes before somebody listens.
  useEffect(() => {
    socket.connect();
    return () => socket.disconnect();
  }, []);

  async function say(event) {
    event.preventDefault();
    setText("");
    try {
      add(await socket.timeout(10_000).emitWithAck("say", text));
    } catch {
      setText(text); // nobody has heard it, as far as is known
    }
  }

  return (
    <>
      <h1>A chat with React</h1>
      <p className={connected ? "good" : "bad"}>{connected ? "connected" : "connecting …"}</p>
      <form onSubmit={say}>
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder="Say something" required />
        <button className="strong" disabled={!connected}>Send</button>
      </form>
      <ul>{lines.map(({ id, text }) => <li key={id}>{text}</li>)}</ul>
    </>
  );
}
