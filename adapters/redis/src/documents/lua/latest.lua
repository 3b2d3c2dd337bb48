-- The id of the last change there is, or was; before it, the time.
-- KEYS: changes.
local time = redis.call('TIME')
local answer = { string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '0-0' }
if redis.call('EXISTS', KEYS[1]) == 1 then
  local told = redis.call('XINFO', 'STREAM', KEYS[1])
  for at = 1, #told, 2 do
    if told[at] == 'last-generated-id' then
      answer[2] = told[at + 1]
    end
  end
end
return answer
