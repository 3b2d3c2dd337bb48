-- Lets a lease run from now. ARGV[3]: its receipt, ARGV[4]: milliseconds.

local set = holder(ARGV[3])
if set then redis.call('ZADD', set, now + tonumber(ARGV[4]), ARGV[3]) end
return 1
