import { acknowledgement, ask, collect, connected, equal, next, play } from "../internal/official/official.mjs";

const required = (field) => ({ message: `"${field}" is required`, path: [field], type: "any.required" });

play(async (url) => {
  const [ada, bob] = await Promise.all([connected(url), connected(url)]);
  const told = Object.fromEntries(["created", "updated", "deleted"].map((what) => [what, collect(bob, `todo:${what}`)]));
  equal(await ask(ada, "todo:list"), { data: [] }, "the list in the beginning");

  const { data: id } = await ask(ada, "todo:create", { title: "write", completed: false });
  const todo = { id, title: "write", completed: false };
  equal(await told.created.count(1), [[todo]], "what others are told of a new one");
  equal(await ask(bob, "todo:read", id), { data: todo }, "what is read");

  const done = { ...todo, completed: true };
  equal(await acknowledgement(bob, "todo:update", { ...done, editing: false }), [], "the answer to an update");
  equal(await ask(ada, "todo:list"), { data: [done] }, "the list after the update");
  const back = next(bob, "todo:updated");
  await ask(ada, "todo:update", todo);
  equal(await back, [todo], "what others are told of an update");

  equal(await ask(ada, "todo:create", { completed: "false", description: true }), { error: "invalid payload", errorDetails: [required("title")] }, "one without a title");
  equal(
    await ask(ada, "todo:update", { id: "123", completed: false }),
    { error: "invalid payload", errorDetails: [{ message: '"id" must be a valid GUID', path: ["id"], type: "string.guid" }, required("title")] },
    "an update with two problems",
  );
  for (const event of ["todo:read", "todo:delete"]) {
    equal(await ask(ada, event, "123"), { error: "entity not found" }, `the answer to ${event} with an unknown id`);
  }

  equal(await acknowledgement(ada, "todo:delete", id), [], "the answer to a removal");
  equal(await told.deleted.count(1), [[id]], "what others are told of a removal");
  equal(await ask(bob, "todo:list"), { data: [] }, "the list in the end");
  equal([told.created.items.length, told.updated.items.length], [1, 1], "how often others were told");
  return "a list is created, read, updated and deleted from, and others see it";
});
