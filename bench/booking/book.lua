-- Books one interview a request: wrk -s book.lua URL -- AUTHORIZATION FILE, with "<slot> <interview>" a line.
-- Every request is made before the clock starts. Run with one thread; at the end it prints one line of JSON.

local requests, at = {}, 0

function init(args)
  local headers = {["Authorization"] = args[1], ["Content-Type"] = "application/json"}
  for line in io.lines(args[2]) do
    local slot, interview = line:match("(%S+) (%S+)")
    local path = "/api/interviews/slots/" .. slot .. "/book_slot/"
    requests[#requests + 1] = wrk.format("POST", path, headers, '{"interview_id": "' .. interview .. '"}')
  end
end

function request()
  at = at + 1
  -- Past the end it asks for a page that there is not, which is counted as a failure.
  return requests[at] or wrk.format("GET", "/there-are-no-more-interviews")
end

function done(summary, latency)
  io.write(string.format(
    '{"completed": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
