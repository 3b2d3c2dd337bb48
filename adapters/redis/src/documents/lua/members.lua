-- Members of a sorted set within bounds, in order; before them, the time.
-- KEYS: sorted set. ARGV: lower bound, upper bound, whether it runs backwards, members wanted.
local time = redis.call('TIME')
local found
if ARGV[3] == '1' then
  found = redis.call('ZREVRANGEBYLEX', KEYS[1], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[4])
else
  found = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[4])
end
table.insert(found, 1, string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
return found
