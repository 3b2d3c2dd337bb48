-- Puts dead letters that nobody holds back into their subscription. ARGV[3]: at most how many. Answers how many.

local max = tonumber(ARGV[3])
give_up_exhausted(max)

local moved = 0
local function drive_back(entry)
  append(messages.stream, { attempts = 0, event = entry.event })
  moved = moved + 1
end

for _, lapsed in ipairs(due(letters.leases, max)) do
  redis.call('ZREM', letters.leases, lapsed)
  local entry = take_out(letters, id_of(lapsed))
  if entry then drive_back(entry) end
end
if moved < max then
  local fresh =
    redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', max - moved, 'STREAMS', letters.stream, '>')
  for _, entry in ipairs(fresh and fresh[1][2] or {}) do
    remove(letters, entry[1])
    drive_back(read(entry[2]))
  end
end
if moved < max then
  -- Given back to the dead letters for later: nobody holds them.
  for _, member in ipairs(redis.call('ZRANGE', letters.delayed, 0, max - moved - 1)) do
    redis.call('ZREM', letters.delayed, member)
    drive_back(read_delayed(member))
  end
end
return moved
