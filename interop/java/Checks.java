import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import io.socket.emitter.Emitter;
import java.net.URI;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * The checks that the clients of all languages run (internal/cmd/interop has the list), for the
 * Java client:
 *
 * <pre>TARGET=http://host:port CUT=http://host:port/ PEER=name java Checks</pre>
 *
 * Each check prints one line: {"transport", "check"}, with "error" if it failed. A GET of CUT cuts
 * all connections of this process.
 */
final class Checks {
  private static final long LIMIT_S = 40;
  private static final long WAIT_S = 15;
  private static final String TARGET = System.getenv("TARGET");
  private static final String CUT = System.getenv("CUT");
  private static final String PEER = System.getenv("PEER");

  private static final Map<String, String[]> MODES = new LinkedHashMap<>();
  private static final Map<String, Check> CHECKS = new LinkedHashMap<>();
  private static final AtomicInteger NAMES = new AtomicInteger();

  static {
    MODES.put("polling", new String[] {"polling"});
    MODES.put("websocket", new String[] {"websocket"});
    MODES.put("upgrade", new String[] {"polling", "websocket"});

    CHECKS.put("connect", Checks::connect);
    CHECKS.put("echo text", Checks::echoText);
    CHECKS.put("nested binary", Checks::nestedBinary);
    CHECKS.put("ack by the server", Checks::ackByServer);
    CHECKS.put("ack by the client", Checks::ackByClient);
    CHECKS.put("room", Checks::room);
    CHECKS.put("except", Checks::except);
    CHECKS.put("namespace", Checks::namespace);
    CHECKS.put("auth refused with data", Checks::authRefused);
    CHECKS.put("200 ordered events", Checks::orderedEvents);
    CHECKS.put("disconnected by the server", Checks::disconnectedByServer);
    CHECKS.put("disconnected by the client", Checks::disconnectedByClient);
    CHECKS.put("reconnect", Checks::reconnect);
  }

  private interface Check {
    void run(Context c) throws Exception;
  }

  /** Something else came than what was expected. */
  private static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }

  /** What a check gets: clients on one transport. */
  private static final class Context {
    final String mode;
    private final List<Manager> managers = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();

    Context(String mode) {
      this.mode = mode;
    }

    /** A connected socket on a connection of its own, on the transport in question. */
    Socket connect() throws Exception {
      return connect(new IO.Options());
    }

    Socket connect(IO.Options options) throws Exception {
      options.transports = MODES.get(mode);
      options.reconnectionDelay = 20;
      options.reconnectionDelayMax = 50;
      Manager manager = new Manager(URI.create(TARGET), options);
      managers.add(manager);
      Socket socket = share(manager, "/", null);
      admitted(socket);
      while (mode.equals("upgrade") && !whoami(socket).get("transport").equals("websocket")) {
        Thread.sleep(5); // nobody tells us when it happens
      }
      return socket;
    }

    /** A socket of the namespace, on the manager's connection, not connecting yet. */
    Socket share(Manager manager, String namespace, Map<String, String> auth) {
      Manager.Options options = new Manager.Options();
      options.auth = auth;
      Socket socket = manager.socket(namespace, options);
      sockets.add(socket);
      return socket;
    }

    /** A room, or an event, that nobody else knows of. */
    String room() {
      return PEER + "-" + mode + "-" + NAMES.incrementAndGet();
    }

    void close() {
      managers.forEach(manager -> manager.reconnection(false));
      sockets.forEach(Socket::disconnect);
    }
  }

  /** The arguments of each event of a kind. */
  private static final class Events implements Emitter.Listener, Ack {
    private final BlockingQueue<List<Object>> arrived = new LinkedBlockingQueue<>();

    static Events of(Socket socket, String event) {
      Events events = new Events();
      socket.on(event, events);
      return events;
    }

    @Override
    public void call(Object... args) {
      arrived.add(Arrays.asList(args));
    }

    List<Object> next() throws Exception {
      List<Object> args = arrived.poll(WAIT_S, TimeUnit.SECONDS);
      if (args == null) {
        throw new Mismatch("expected an event within " + WAIT_S + " s, got nothing");
      }
      return args;
    }

    boolean nextWithin(long seconds) throws InterruptedException {
      return arrived.poll(seconds, TimeUnit.SECONDS) != null;
    }

    boolean none() {
      return arrived.isEmpty();
    }
  }

  /** Connects a socket and waits for it; fails with the refusal if it is refused. */
  private static void admitted(Socket socket) throws Exception {
    Events outcome = new Events();
    socket.on(Socket.EVENT_CONNECT, args -> outcome.call());
    socket.on(Socket.EVENT_CONNECT_ERROR, args -> outcome.call(args));
    socket.connect();
    List<Object> refusal = outcome.next();
    if (!refusal.isEmpty()) {
      throw new Mismatch("expected to be let in, got " + refusal);
    }
  }

  /** Emits with an acknowledgement and returns its arguments. */
  private static List<Object> ask(Socket socket, String event, Object... args) throws Exception {
    Events answer = new Events();
    socket.emit(event, args, answer);
    return answer.next();
  }

  private static JSONObject whoami(Socket socket) throws Exception {
    return (JSONObject) ask(socket, "whoami").get(0);
  }

  private static Object[] words() throws JSONException {
    return new Object[] {
      "ünïcödé, 你好, 🎈", "", 42, -1.5, JSONObject.NULL,
      new JSONArray("[1,[\"two\"]]"), new JSONObject("{\"deep\":{\"er\":[true,{}]}}"),
    };
  }

  private static void equal(Object got, Object want, String what) throws Mismatch {
    if (!shown(got).equals(shown(want))) {
      throw new Mismatch(what + ": expected " + shown(want) + ", got " + shown(got));
    }
  }

  /** A value as text that is the same for equal values; bytes are shown as such. */
  private static String shown(Object value) {
    try {
      if (value instanceof byte[]) {
        return "bytes " + Arrays.toString((byte[]) value);
      } else if (value instanceof Object[]) {
        return shown(Arrays.asList((Object[]) value));
      } else if (value instanceof List) {
        List<String> items = new ArrayList<>();
        for (Object item : (List<?>) value) {
          items.add(shown(item));
        }
        return items.toString();
      } else if (value instanceof JSONArray) {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < ((JSONArray) value).length(); i++) {
          items.add(((JSONArray) value).get(i));
        }
        return shown(items);
      } else if (value instanceof JSONObject) {
        Map<String, String> fields = new TreeMap<>();
        for (Iterator<?> keys = ((JSONObject) value).keys(); keys.hasNext(); ) {
          String key = (String) keys.next();
          fields.put(key, shown(((JSONObject) value).get(key)));
        }
        return fields.toString();
      }
      return String.valueOf(value);
    } catch (JSONException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void connect(Context c) throws Exception {
    Socket socket = c.connect();
    JSONObject me = whoami(socket);
    equal(me.get("id"), socket.id(), "id");
    equal(me.get("transport"), c.mode.equals("polling") ? "polling" : "websocket", "transport");
  }

  private static void echoText(Context c) throws Exception {
    Socket socket = c.connect();
    Events echo = Events.of(socket, "echo");
    socket.emit("echo", words());
    equal(echo.next(), words(), "echo");
  }

  private static void nestedBinary(Context c) throws Exception {
    Socket socket = c.connect();
    JSONObject deep = new JSONObject().put("deep", new byte[] {-1, 0, -2});
    JSONObject sent =
        new JSONObject().put("list", new JSONArray().put(new byte[] {1, 2, 3}).put("x").put(deep));
    String want = "[{\"list\":[{\"bin\":\"010203\"},\"x\",{\"deep\":{\"bin\":\"ff00fe\"}}]}]";
    String before = shown(sent);
    equal(ask(socket, "describe", sent).get(0), new JSONArray(want), "what the server got");
    Events echo = Events.of(socket, "echo");
    socket.emit("echo", sent);
    equal(shown(echo.next()), "[" + before + "]", "echo");
  }

  private static void ackByServer(Context c) throws Exception {
    equal(ask(c.connect(), "echo", words()), words(), "acknowledgement");
  }

  private static void ackByClient(Context c) throws Exception {
    Socket socket = c.connect();
    socket.on(
        "question",
        args -> {
          JSONObject reply = new JSONObject(Map.of("a", args[0]));
          ((Ack) args[2]).call(args[1], reply);
        });
    Object answer = ask(socket, "ask", "question", new JSONArray("[1,\"two\"]"), 5000).get(0);
    equal(answer, new JSONObject("{\"ok\":true,\"value\":[\"two\",{\"a\":1}]}"), "answer");
  }

  private static void room(Context c) throws Exception {
    Socket member = c.connect();
    Socket stranger = c.connect();
    String room = c.room();
    Events inside = Events.of(member, room);
    Events outside = Events.of(stranger, room);
    String[] rooms = {member.id(), room};
    Arrays.sort(rooms);
    equal(ask(member, "join", room).get(0), rooms, "rooms");
    JSONObject op = new JSONObject().put("via", "io").put("event", room);
    ask(stranger, "op", op.put("to", new JSONArray().put(room)).put("args", new JSONArray("[1]")));
    ask(stranger, "echo", "settled");
    equal(inside.next(), List.of(1), "what the member got");
    equal(outside.none(), true, "whether the stranger got nothing");
  }

  private static void except(Context c) throws Exception {
    Socket one = c.connect();
    Socket other = c.connect();
    String room = c.room();
    String silent = c.room();
    Events inside = Events.of(one, room);
    Events outside = Events.of(other, room);
    ask(one, "join", room);
    ask(other, "join", new JSONArray().put(room).put(silent));
    JSONObject op = new JSONObject().put("via", "io").put("event", room);
    op.put("to", new JSONArray().put(room)).put("except", new JSONArray().put(silent));
    ask(other, "op", op.put("args", new JSONArray("[2]")));
    ask(other, "echo", "settled");
    equal(inside.next(), List.of(2), "what the one got");
    equal(outside.none(), true, "whether the excepted got nothing");
  }

  private static void namespace(Context c) throws Exception {
    Socket socket = c.connect();
    Socket plain = c.share(socket.io(), "/plain", null);
    admitted(plain);
    JSONObject main = whoami(socket);
    JSONObject other = whoami(plain);
    equal(List.of(main.get("nsp"), other.get("nsp")), List.of("/", "/plain"), "namespaces");
    equal(other.get("engineId"), main.get("engineId"), "connection");
    equal(ask(plain, "echo", "plain"), List.of("plain"), "acknowledgement");
  }

  private static void authRefused(Context c) throws Exception {
    Socket wrong = c.share(c.connect().io(), "/auth", Map.of("token", "wrong"));
    Events refused = Events.of(wrong, Socket.EVENT_CONNECT_ERROR);
    wrong.connect();
    JSONObject data = new JSONObject("{\"code\":\"E_AUTH\",\"hint\":{\"retry\":false}}");
    JSONObject want = new JSONObject().put("message", "not authorized").put("data", data);
    equal(refused.next(), List.of(want), "refusal");
    Socket right = c.share(c.connect().io(), "/auth", Map.of("token", "secret"));
    admitted(right);
    equal(whoami(right).get("nsp"), "/auth", "namespace");
  }

  private static void orderedEvents(Context c) throws Exception {
    Socket socket = c.connect();
    Events echoes = Events.of(socket, "echo");
    Events ticks = Events.of(socket, "tick");
    for (int i = 0; i < 200; i++) {
      socket.emit("echo", i);
    }
    for (int i = 0; i < 200; i++) {
      equal(echoes.next(), List.of(i), "echo " + i);
    }
    socket.emit("burst", 200);
    for (int i = 0; i < 200; i++) {
      equal(ticks.next(), List.of(i), "tick " + i);
    }
  }

  private static void disconnectedByServer(Context c) throws Exception {
    Socket socket = c.connect();
    Events disconnected = Events.of(socket, Socket.EVENT_DISCONNECT);
    socket.emit("disconnect-me", false);
    equal(disconnected.next().get(0), "io server disconnect", "reason");
    equal(socket.connected(), false, "connected");
  }

  private static void disconnectedByClient(Context c) throws Exception {
    Socket watcher = c.connect();
    Socket leaver = c.connect();
    Events gone = Events.of(watcher, "gone");
    ask(watcher, "watch");
    String id = leaver.id();
    leaver.disconnect();
    JSONObject who = (JSONObject) gone.next().get(0);
    while (!who.get("id").equals(id)) {
      who = (JSONObject) gone.next().get(0);
    }
    equal(who.get("reason"), "client namespace disconnect", "reason");
  }

  private static void reconnect(Context c) throws Exception {
    IO.Options options = new IO.Options();
    options.reconnection = true;
    Socket socket = c.connect(options);
    String before = socket.id();
    Events connected = Events.of(socket, Socket.EVENT_CONNECT);
    Events disconnected = Events.of(socket, Socket.EVENT_DISCONNECT);
    do { // between two requests there is nothing that could be cut
      new URL(CUT).openStream().close();
    } while (!disconnected.nextWithin(1));
    connected.next();
    equal(socket.id().equals(before), false, "whether the id is the same");
    equal(ask(socket, "echo", "again"), List.of("again"), "acknowledgement");
  }

  public static void main(String[] unused) throws JSONException {
    ExecutorService worker = Executors.newCachedThreadPool();
    for (String mode : MODES.keySet()) {
      for (Map.Entry<String, Check> check : CHECKS.entrySet()) {
        Context context = new Context(mode);
        JSONObject result = new JSONObject();
        result.put("transport", mode).put("check", check.getKey());
        String error = failure(worker, check.getValue(), context);
        if (error != null) {
          result.put("error", error);
        }
        System.out.println(result);
        context.close();
      }
    }
    System.exit(0);
  }

  /** Runs a check within its limit and returns what went wrong, or null. */
  private static String failure(ExecutorService worker, Check check, Context context) {
    Future<?> running =
        worker.submit(
            () -> {
              check.run(context);
              return null;
            });
    try {
      running.get(LIMIT_S, TimeUnit.SECONDS);
      return null;
    } catch (ExecutionException e) {
      return e.getCause().toString();
    } catch (TimeoutException | InterruptedException e) {
      running.cancel(true);
      return e.toString();
    }
  }
}
