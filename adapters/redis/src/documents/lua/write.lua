-- Writes documents of one partition, all or none: every condition is judged before anything is written, since nothing
-- can be taken back. Of expired documents it meets, it removes a few.
-- KEYS: documents, order, expiry; and changes, if they are to be told.
-- ARGV: the server's time after which it must not happen any more, or nothing; whether the partition is in the list of
-- partitions for sure; whether to tell what was removed; the partition; milliseconds that changes are kept; then six for
-- each operation: put, delete or check; sort key; condition; new version; expiry or '-'; record.
local FIRST, SWEEP, TTL_LIMIT = 6, 16, 4503599627370496
local documents, order, expiry, changes = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local not_after, listed, tells = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3] == '1'
local partition, kept = ARGV[4], ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local standing, versions = {}, {}
for at = FIRST, #ARGV, 6 do
  local record = redis.call('HGET', documents, ARGV[at + 1])
  if record then
    local version, expires = string.match(record, '^(%S+) (%S+) ')
    if ARGV[at] == 'put' and version == ARGV[at + 3] then
      -- This very request, come a second time.
      return { 'done' }
    end
    standing[at] = record
    if expires == '-' or now < tonumber(expires) then
      versions[at] = version
    end
  end
end

local creates = false
for at = FIRST, #ARGV, 6 do
  local condition, version = ARGV[at + 2], versions[at]
  creates = creates or ARGV[at] == 'put'
  if (condition == 'absent' and version)
    or (condition == 'present' and not version)
    or (string.sub(condition, 1, 1) == '=' and version ~= string.sub(condition, 2))
  then
    return { 'refused', tostring((at - FIRST) / 6), version or '' }
  end
end
if not_after and now > not_after then
  return { 'late' }
end
if creates and not listed and redis.call('EXISTS', documents) == 0 then
  return { 'unlisted' }
end

local answer, expiring = { 'done' }, false
local function removed(sort, record)
  if tells and record then
    answer[#answer + 1] = sort
    answer[#answer + 1] = record
  end
end
local oldest = string.format('%.0f', math.max(0, now - kept))
local function changed(sort, record)
  if changes then
    redis.call('XADD', changes, 'MINID', '~', oldest, '*', 'partition', partition, 'sort', sort, 'record', record)
    redis.call('PEXPIRE', changes, kept)
  end
end
for at = FIRST, #ARGV, 6 do
  local action, sort, expires = ARGV[at], ARGV[at + 1], ARGV[at + 4]
  if action == 'put' then
    redis.call('HSET', documents, sort, ARGV[at + 5])
    redis.call('ZADD', order, 0, sort)
    removed(sort, standing[at])
    changed(sort, ARGV[at + 5])
  elseif action == 'delete' and standing[at] then
    redis.call('HDEL', documents, sort)
    redis.call('ZREM', order, sort)
    removed(sort, standing[at])
    changed(sort, '')
  end
  if action == 'put' and expires ~= '-' then
    redis.call('ZADD', expiry, expires, sort)
    expiring = true
  elseif action ~= 'check' and redis.call('ZREM', expiry, sort) == 1 then
    expiring = true
  end
end

if expiring or redis.call('EXISTS', expiry) == 1 then
  local over = redis.call('ZRANGEBYSCORE', expiry, '-inf', string.format('%.0f', now), 'LIMIT', 0, SWEEP)
  for _, sort in ipairs(over) do
    removed(sort, redis.call('HGET', documents, sort))
    redis.call('HDEL', documents, sort)
    redis.call('ZREM', order, sort)
    redis.call('ZREM', expiry, sort)
  end
  -- Once every document of the partition expires, the server removes them with the last.
  local last
  if redis.call('ZCARD', expiry) == redis.call('HLEN', documents) then
    last = tonumber(redis.call('ZREVRANGE', expiry, 0, 0, 'WITHSCORES')[2])
  end
  for _, key in ipairs({ documents, order, expiry }) do
    if last and last > now and last < TTL_LIMIT then
      redis.call('PEXPIREAT', key, string.format('%.0f', last))
    else
      redis.call('PERSIST', key)
    end
  end
end
return answer
