-- Adds a partition to the list of partitions, or notes that it is needed still; returns the time.
-- KEYS: partitions, since. ARGV: partition.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], now)
return now
