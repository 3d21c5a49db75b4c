/**
 * How long to wait before an attempt to reconnect, in milliseconds. The wait doubles with
 * every attempt up to `max`; then it is spread over `jitter` of itself to both sides, but
 * never beyond `max`. As the spread comes after the cap, clients that have lost one server
 * for long do not come back all at the same moment.
 *
 * @param attempt counted from 0
 * @internal
 */
export function backoff(attempt: number, min: number, max: number, jitter: number): number {
  const wait = Math.min(min * 2 ** attempt, max);
  const low = wait * (1 - jitter);
  const high = Math.min(wait * (1 + jitter), max);
  return Math.round(low + Math.random() * (high - low));
}
