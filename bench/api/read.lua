-- Reads one address again and again: wrk -s read.lua URL -- AUTHORIZATION. At the end it prints one line of JSON.

function init(args)
  wrk.headers["Authorization"] = args[1]
end

function done(summary, latency)
  io.write(string.format(
    '{"completed": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
