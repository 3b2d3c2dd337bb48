-- What every script of a topic starts with. KEYS[1] is the topic's hash: a field ':sequence', which numbers delayed
-- messages and is there from the day the topic is, and a field for each subscription that holds its attempts.

-- The consumer group of every stream, and its one consumer: who holds a message is told by the lease's token, not by a
-- consumer's name, since names of processes that come and go would pile up in the group.
local GROUP, CONSUMER = 'subscription', 'consumers'

-- Milliseconds, with microseconds behind the point: what is due is never early by a rounding.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000

-- An entry is what a stream holds: the CloudEvent, the attempts made before this entry, and a dead letter's reason.

local function append(stream, entry)
  if entry.reason then
    redis.call('XADD', stream, '*', 'attempts', entry.attempts, 'reason', entry.reason, 'event', entry.event)
  else
    redis.call('XADD', stream, '*', 'attempts', entry.attempts, 'event', entry.event)
  end
end

local function read(fields)
  local found = {}
  for at = 1, #fields, 2 do found[fields[at]] = fields[at + 1] end
  return { attempts = tonumber(found.attempts) or 0, reason = found.reason, event = found.event or '' }
end

-- Holds an entry back. The sequence tells equal ones apart and keeps the order of those due at one time.
local function delay(delayed, entry, milliseconds)
  local sequence = redis.call('HINCRBY', KEYS[1], ':sequence', 1)
  local reason = entry.reason or ''
  local member = string.format('%016x %d %d %s%s', sequence, entry.attempts, #reason, reason, entry.event)
  redis.call('ZADD', delayed, now + milliseconds, member)
end

local function read_delayed(member)
  local attempts, length, at = string.match(member, '^%x+ (%d+) (%d+) ()')
  local event_at = at + tonumber(length)
  local reason = string.sub(member, at, event_at - 1)
  return { attempts = tonumber(attempts), reason = reason ~= '' and reason or nil, event = string.sub(member, event_at) }
end
