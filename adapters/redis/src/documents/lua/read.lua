-- The records of these sort keys, in their order: nothing for those that are absent or have expired.
-- KEYS: documents. ARGV: sort keys.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], unpack(ARGV))
for i, record in ipairs(found) do
  if record then
    local expires = string.match(record, '^%S+ (%S+) ')
    if expires ~= '-' and now >= tonumber(expires) then
      found[i] = false
    end
  end
end
return found
