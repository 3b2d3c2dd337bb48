-- Records of a range of sort keys, in order, of those that have not expired: each after its sort key. Before them, the
-- sort key to go on after, or nothing at the end of the range: a call does a bounded piece of work.
-- KEYS: documents, order. ARGV: lower bound, upper bound, whether it runs backwards, records wanted.
local LOOKED_AT, BYTES, CHUNK = 512, 1048576, 16
local documents, order = KEYS[1], KEYS[2]
local lower, upper, backwards, wanted = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found, looked_at, bytes = { '' }, 0, 0
while true do
  local sorts
  if backwards then
    sorts = redis.call('ZREVRANGEBYLEX', order, upper, lower, 'LIMIT', 0, CHUNK)
  else
    sorts = redis.call('ZRANGEBYLEX', order, lower, upper, 'LIMIT', 0, CHUNK)
  end
  if #sorts == 0 then
    return found
  end
  local records = redis.call('HMGET', documents, unpack(sorts))
  for i, sort in ipairs(sorts) do
    local record = records[i]
    local expires = record and string.match(record, '^%S+ (%S+) ')
    if expires and (expires == '-' or now < tonumber(expires)) then
      found[#found + 1] = sort
      found[#found + 1] = record
      bytes = bytes + #record
      wanted = wanted - 1
    end
    looked_at = looked_at + 1
    if wanted == 0 or bytes >= BYTES or looked_at >= LOOKED_AT then
      found[1] = sort
      return found
    end
  end
  if #sorts < CHUNK then
    return found
  end
  if backwards then
    upper = '(' .. sorts[#sorts]
  else
    lower = '(' .. sorts[#sorts]
  end
end
