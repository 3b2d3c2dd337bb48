-- Settles deliveries for good. ARGV[3] and on: their receipts.

for at = 3, #ARGV do
  local set = holder(ARGV[at])
  if set then
    redis.call('ZREM', set, ARGV[at])
    remove(own, id_of(ARGV[at]))
  end
end
return 1
