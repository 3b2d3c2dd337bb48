-- Takes a partition off the list of partitions, unless it was needed after this time.
-- KEYS: partitions, since. ARGV: partition, time.
local since = redis.call('HGET', KEYS[2], ARGV[1])
if since and tonumber(since) <= tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
end
return 1
