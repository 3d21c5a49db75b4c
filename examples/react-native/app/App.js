import { useEffect, useState } from "react";
import { Pressable, StyleSheet, Text, View } from "react-native";
import { socket, useConnected, useEvent } from "./socket";

export default function App() {
  const connected = useConnected();
  const [online, setOnline] = useState(0);
  const [news, setNews] = useState("");

  useEvent("online", setOnline);
  useEvent("waved", (who) => setNews(`${who} waves`));

  // The last of the effects, so that nothing comes before somebody listens.
  useEffect(() => {
    socket.connect();
    return () => socket.disconnect();
  }, []);

  async function wave() {
    try {
      const count = await socket.timeout(10_000).emitWithAck("wave", "Somebody");
      setNews(`You wave to ${count}`);
    } catch {
      setNews("Nobody has seen it");
    }
  }

  return (
    <View style={styles.screen}>
      <Text style={styles.title}>{connected ? `${online} online` : "connecting …"}</Text>
      <Pressable style={styles.button} accessibilityRole="button" disabled={!connected} onPress={wave}>
        <Text style={styles.label}>Wave</Text>
      </Pressable>
      <Text style={styles.news}>{news}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1, minHeight: 400, alignItems: "center", justifyContent: "center", gap: 24 },
  title: { fontSize: 24, color: "#566a70" },
  button: { backgroundColor: "#0b6f76", borderRadius: 14, paddingHorizontal: 32, paddingVertical: 16 },
  label: { color: "#ffffff", fontSize: 18 },
  news: { fontSize: 18, color: "#566a70", minHeight: 28 },
});
