-- Takes what is due under a lease. ARGV[3]: at most how many, ARGV[4]: lease in milliseconds, ARGV[5]: its token.
-- Answers { milliseconds until something falls due, or -1; { { receipt, attempt, event, reason or '' }, ... } }.

local max, lease, token = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

give_up_exhausted(max)
for _, member in ipairs(due(own.delayed, max)) do
  append(own.stream, read_delayed(member))
  redis.call('ZREM', own.delayed, member)
end

local delivered = {}

local function deliver(id, fields, deliveries)
  local entry = read(fields)
  local attempt = entry.attempts + deliveries
  local is_final = own.final and attempt >= max_attempts
  local receipt = id .. '/' .. token
  redis.call('ZADD', is_final and own.final or own.leases, now + lease, receipt)
  delivered[#delivered + 1] = { receipt, attempt, entry.event, entry.reason or '' }
end

-- First what lost its consumer, in place: the group counts its deliveries.
for _, lapsed in ipairs(due(own.leases, max)) do
  local id = id_of(lapsed)
  redis.call('ZREM', own.leases, lapsed)
  local claimed = redis.call('XCLAIM', own.stream, GROUP, CONSUMER, 0, id)[1]
  if claimed then deliver(id, claimed[2], deliveries_of(own, id)) end
end

if #delivered < max then
  local count = max - #delivered
  local fresh = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', count, 'STREAMS', own.stream, '>')
  for _, entry in ipairs(fresh and fresh[1][2] or {}) do deliver(entry[1], entry[2], 1) end
end

local soonest
if #delivered == 0 then
  for _, key in ipairs({ own.delayed, own.leases, messages.final }) do
    local score = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or nil)
    if score and (not soonest or score < soonest) then soonest = score end
  end
end
return { soonest and math.max(0, math.ceil(soonest - now)) or -1, delivered }
