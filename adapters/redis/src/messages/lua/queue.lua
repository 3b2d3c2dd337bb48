-- What every script of a subscription goes on with. ARGV[1] is the subscription, ARGV[2] is '1' for its dead letters.

local max_attempts = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or nil)
if not max_attempts then return false end

-- `leases` and `final` hold receipts by the end of their lease; in `final` are those of the last attempt allowed, so that
-- what is exhausted is found without looking through what is not.
local messages = { stream = KEYS[2], delayed = KEYS[3], leases = KEYS[4], final = KEYS[5] }
local letters = { stream = KEYS[6], delayed = KEYS[7], leases = KEYS[8] }
local is_dead = ARGV[2] == '1'
local own = is_dead and letters or messages

local function due(key, limit)
  return redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit)
end

-- A receipt is the entry's id, a slash, and the token of the lease.
local function id_of(receipt)
  return string.match(receipt, '^(%d+%-%d+)/')
end

-- The set that holds this receipt, if it is the latest of its message.
local function holder(receipt)
  if redis.call('ZSCORE', own.leases, receipt) then return own.leases end
  if own.final and redis.call('ZSCORE', own.final, receipt) then return own.final end
  return nil
end

-- Acknowledged is not enough: a stream keeps what is acknowledged.
local function remove(queue, id)
  redis.call('XACK', queue.stream, GROUP, id)
  redis.call('XDEL', queue.stream, id)
end

local function deliveries_of(queue, id)
  local pending = redis.call('XPENDING', queue.stream, GROUP, id, id, 1)[1]
  return pending and pending[4] or 0
end

-- Takes an entry out of its queue, with the attempts made until now; nil if somebody trimmed the stream by hand.
local function take_out(queue, id)
  local found = redis.call('XRANGE', queue.stream, id, id)[1]
  local delivered = deliveries_of(queue, id)
  remove(queue, id)
  if not found then return nil end
  local entry = read(found[2])
  entry.attempts = entry.attempts + delivered
  return entry
end

local function bury(entry, reason)
  append(letters.stream, { attempts = 0, reason = reason, event = entry.event })
end

local function exhausted(entry)
  bury(entry, 'attempts exhausted: delivered ' .. entry.attempts .. ' times')
end

-- Moves what was not settled within its last lease to the dead letters.
local function give_up_exhausted(limit)
  for _, receipt in ipairs(due(messages.final, limit)) do
    redis.call('ZREM', messages.final, receipt)
    local entry = take_out(messages, id_of(receipt))
    if entry then exhausted(entry) end
  end
end
