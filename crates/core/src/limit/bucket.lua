-- A token bucket of a fleet; crates/core/src/limit/bucket.rs is the same in memory, and says why.
-- KEYS[1]: the bucket. ARGV: calls per second; "burst" or "even" for a turn, or "slow"; the longest wait in microseconds.
-- Answers {1, wait} or, where it would be longer, {0, wait}. Redis 5 or newer.
local full, order, most = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local growth = full * 0.1
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local kept = redis.call('HMGET', KEYS[1], 'at', 'rate', 'ahead', 'slowed')
local at = math.max(tonumber(kept[1]) or now, 0)
local rate = math.min(tonumber(kept[2]) or full, full)
-- How far the next place is ahead of the counter.
local ahead = tonumber(kept[3]) or -full
local slowed = tonumber(kept[4]) or 0

-- How far the counter comes in so many seconds while the rate rises.
local function risen(seconds)
  return rate * seconds + growth * seconds * seconds / 2
end

local time = math.max(now - at, 0) / 1000000
local rising = math.min(time, (full - rate) / growth)
ahead = ahead - risen(rising) - (time - rising) * full
rate = math.min(rate + growth * rising, full)
ahead = math.max(ahead, -math.max(rate - 1, 0))

local wait = 0
if order == 'slow' then
  if now - slowed >= 1000000 then
    slowed = now
    rate = rate / 2
    ahead = math.max(ahead, 0)
  end
else
  if order == 'even' then
    ahead = math.max(ahead, 0)
  end
  if ahead > 0 then
    local rise = (full - rate) / growth
    if ahead <= risen(rise) then
      wait = (math.sqrt(rate * rate + 2 * growth * ahead) - rate) / growth
    else
      wait = rise + (ahead - risen(rise)) / full
    end
    wait = math.ceil(wait * 1000000)
    if wait >= most then
      return {0, wait}
    end
  end
  ahead = ahead + 1
end

redis.call('HSET', KEYS[1], 'at', string.format('%.0f', math.max(at, now)), 'rate', string.format('%.17g', rate),
  'ahead', string.format('%.17g', ahead), 'slowed', string.format('%.0f', slowed))
-- When it expires it is full, and its rate is back, at the slowest that it can be.
redis.call('PEXPIRE', KEYS[1], math.ceil((math.max(ahead + full, 1) / growth + 10) * 1000))
return {1, wait}
