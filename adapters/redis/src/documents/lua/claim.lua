-- Adds an entry to an index, with the time; returns the time.
-- KEYS: index. ARGV: what the entry begins with.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('ZADD', KEYS[1], 0, ARGV[1] .. now)
return now
