-- Gives a delivery back. ARGV[3]: its receipt, ARGV[4]: milliseconds to hold it back.
-- It goes to the end of the stream as a new entry that carries its attempts, so that a message that always fails does
-- not stand in the way of the others.

local set = holder(ARGV[3])
if set then
  redis.call('ZREM', set, ARGV[3])
  local entry = take_out(own, id_of(ARGV[3]))
  local milliseconds = tonumber(ARGV[4])
  if entry and set == own.final then
    -- No delivery is left to hold back.
    exhausted(entry)
  elseif entry and milliseconds > 0 then
    delay(own.delayed, entry, milliseconds)
  elseif entry then
    append(own.stream, entry)
  end
end
return 1
