-- Puts messages into every subscription of a topic, or none into any. KEYS[1]: the topic; then for each subscription that
-- the publisher knows of, its stream and its delayed messages. ARGV[1]: how many those are, then their names; then for
-- each message the milliseconds to hold it back, and its CloudEvent.
-- Answers { 1, {} }, or if the publisher knows of others than there are, { 0, names } with nothing done: so every key
-- is declared, as Redis Cluster asks.

if redis.call('HEXISTS', KEYS[1], ':sequence') == 0 then return false end

local known = tonumber(ARGV[1])
local names = {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= ':sequence' then names[#names + 1] = field end
end
local same = #names == known
for at = 2, known + 1 do
  same = same and redis.call('HEXISTS', KEYS[1], ARGV[at]) == 1
end
if not same then return { 0, names } end

for at = known + 2, #ARGV, 2 do
  local milliseconds, entry = tonumber(ARGV[at]), { attempts = 0, event = ARGV[at + 1] }
  for subscription = 1, known do
    if milliseconds > 0 then
      delay(KEYS[subscription * 2 + 1], entry, milliseconds)
    else
      append(KEYS[subscription * 2], entry)
    end
  end
end
return { 1, {} }
