"""Queue scripts: what of the queue has to happen at once, in Lua. Each does no harm when it is run twice."""

# KEYS: note, job's hash, lane's list, RQ's set of queues, when it was heard of. ARGV: job id, the hash's fields as
# JSON, the time if this is news, for how long it is.
# A hash that is there: this same command was taken before, its answer got lost, and the client sent it again.
REQUEST = """
if ARGV[3] ~= '' then redis.call('SET', KEYS[5], ARGV[3], 'EX', ARGV[4]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
local noted = redis.call('GET', KEYS[1])
if noted then
  local status = redis.call('HGET', 'rq:job:' .. noted, 'status')
  if status == 'queued' or status == 'started' then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1])
local fields = {}
for name, value in pairs(cjson.decode(ARGV[2])) do
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('SADD', KEYS[4], KEYS[3])
return 1
"""

# KEYS: note. ARGV: job id.
BEGIN = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

# KEYS: the sorted set. ARGV: ticket key, time. A later call may have set another time meanwhile.
STRIKE_OUT = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) == tonumber(ARGV[2]) then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
return 0
"""

# KEYS: the sorted set. ARGV: ticket key, time. The earlier time stays, less a microsecond: a clock that has just asked
# for the ticket strikes out the time that it read, and not this one.
KEEP_PLACE = """local place = math.min(redis.call('ZSCORE', KEYS[1], ARGV[1]) or ARGV[2], ARGV[2]) - 0.000001
redis.call('ZADD', KEYS[1], string.format('%.6f', place), ARGV[1])"""

# KEYS: when it was heard of. ARGV: a time. Later news stays.
FORGET_NEWS = """
if tonumber(redis.call('GET', KEYS[1]) or ARGV[1]) <= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
"""
