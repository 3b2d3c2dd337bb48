-- Changes after one, in order, up to as many as are wanted and some bytes: each by its id, partition, sort key and record,
-- which is empty for a deletion. Before them, the time, and the id of the first change that is left, or nothing.
-- KEYS: changes. ARGV: id of the last change before, changes wanted.
local BYTES, CHUNK = 1048576, 8
local lower, wanted = '(' .. ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local found, bytes = { string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '' }, 0
local chunk = math.min(CHUNK, wanted + 1)
while true do
  local entries = redis.call('XRANGE', KEYS[1], lower, '+', 'COUNT', chunk)
  for _, entry in ipairs(entries) do
    if wanted == 0 or bytes >= BYTES then
      found[2] = entry[1]
      return found
    end
    local fields = entry[2]
    found[#found + 1] = entry[1]
    found[#found + 1] = fields[2]
    found[#found + 1] = fields[4]
    found[#found + 1] = fields[6]
    bytes = bytes + #fields[6]
    wanted = wanted - 1
    lower = '(' .. entry[1]
  end
  if #entries < chunk then
    return found
  end
end
