-- Gives a message up. ARGV[3]: its receipt, ARGV[4]: why. A dead letter stays one, with the reason it came with.

local set = holder(ARGV[3])
if set then
  redis.call('ZREM', set, ARGV[3])
  local entry = take_out(own, id_of(ARGV[3]))
  if entry and is_dead then
    append(letters.stream, entry)
  elseif entry then
    bury(entry, ARGV[4])
  end
end
return 1
