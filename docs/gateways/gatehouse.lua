-- Asks Gatehouse whether a request may pass: everything but a 200 is what the caller gets, and the request ends here.

local gatehouse = os.getenv("GATEHOUSE_URL")
local credential = os.getenv("GATEWAY_CREDENTIAL")
if not gatehouse or not credential then
  error("set GATEHOUSE_URL and GATEWAY_CREDENTIAL in the environment of HAProxy")
end

local TOLD = { "x-auth-user", "x-auth-user-id", "x-auth-token-id", "x-auth-scopes", "x-auth-workflows" }
local PASSED_ON = { "content-type", "www-authenticate", "retry-after", "x-github-sso", "x-request-id" }

-- All lines of a header, which HAProxy counts from 0.
local function lines(headers, name)
  local found = {}
  local index = 0
  while headers[name] and headers[name][index] do
    found[#found + 1] = headers[name][index]
    index = index + 1
  end
  return found
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply()
  reply:set_status(status)
  for name, values in pairs(headers) do
    for _, value in ipairs(values) do reply:add_header(name, value) end
  end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action("gatehouse", { "http-req" }, function(txn)
  local asked = txn.http:req_get_headers()
  local headers = {
    ["host"] = lines(asked, "host"),
    ["x-gateway-authorization"] = { "Basic " .. credential },
    ["x-forwarded-method"] = { txn.sf:method() },
    ["x-forwarded-uri"] = { txn.sf:pathq() },
    ["x-forwarded-for"] = { txn.sf:src() },
  }
  -- Every line of it: two credentials are refused there, not guessed here.
  local authorization = lines(asked, "authorization")
  if #authorization > 0 then headers["authorization"] = authorization end

  local answer = core.httpclient():get({ url = gatehouse .. "/gateway/forward-auth", headers = headers, timeout = 5000 })
  if not answer or not answer.status or answer.status == 0 then
    return refuse(txn, 503, { ["retry-after"] = { "1" } }, "Service Unavailable\n")
  end
  if answer.status == 200 then
    for _, name in ipairs(TOLD) do
      txn.http:req_set_header(name, lines(answer.headers, name)[1] or "")
    end
    return
  end
  local passed_on = {}
  for _, name in ipairs(PASSED_ON) do passed_on[name] = lines(answer.headers, name) end
  refuse(txn, answer.status, passed_on, answer.body or "")
end)
