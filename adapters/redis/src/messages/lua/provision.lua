-- Makes a topic, and a subscription of it if ARGV[1] names one, with the attempts of ARGV[2]. KEYS[2] and KEYS[3]: the
-- streams of its messages and its dead letters. Answers 0, or the attempts of one that is there and has others.

redis.call('HSETNX', KEYS[1], ':sequence', 0)
if ARGV[1] == '' then return 0 end

local attempts = redis.call('HGET', KEYS[1], ARGV[1])
if attempts and attempts ~= ARGV[2] then return tonumber(attempts) end
for at = 2, 3 do
  -- Empty when made: a new subscription begins with what is published from now on.
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[at], GROUP, '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 0
