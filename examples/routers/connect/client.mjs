import { equal, play } from "../../internal/official/official.mjs";
import { chat } from "../story.mjs";

play(async (url) => {
  await chat(url);
  const health = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  const response = await fetch(`${url}/grpc.health.v1.Health/Check`, health);
  equal(await response.json(), { status: "SERVING_STATUS_SERVING" }, "what the service answers");
  return "chat and a service of Connect answer side by side, on one mux";
});
