// Loaded before the suite. A test of socket.io-client connects to port 80 while the clock
// stands still, and expects to be refused only after the clock has been moved. On a machine
// that knows localhost by itself the refusal may be quicker, so names take a moment here.

const dns = require("node:dns");

const { lookup } = dns;
const start = setTimeout;

dns.lookup = (name, ...rest) => {
  const clockStandsStill = "clock" in setTimeout;
  start(() => lookup.call(dns, name, ...rest), clockStandsStill ? 50 : 0);
};
