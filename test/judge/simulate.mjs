// Reads one case a line, {policy, requests: [{action, principal, context}]}, and writes a
// line for each: for each request the verdict and, for each statement, what each of its
// parts comes to, in the order that pkg/trust has them: principal, action, conditions. An
// error stands for a part that the simulator refuses.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

// The package exports neither the parts nor a way to ask with a trust policy alone; its
// version is pinned, so they stay where they are.
const root = pathToFileURL(join(process.argv[2], 'node_modules', '@cloud-copilot')) + '/'
const engine = root + 'iam-simulate/dist/esm/'
const { authorize } = await import(engine + 'core_engine/CoreSimulatorEngine.js')
const { requestMatchesStatementPrincipals } = await import(engine + 'principal/principal.js')
const { requestMatchesStatementActions } = await import(engine + 'action/action.js')
const { singleConditionMatchesRequest } = await import(engine + 'condition/condition.js')
const { AwsRequestImpl } = await import(engine + 'request/request.js')
const { RequestContextImpl } = await import(engine + 'requestContext.js')
const { DiscoveryContextKeyConstraints } = await import(engine + 'context_keys/discoveryContextKeyConstraints.js')
const { loadPolicy } = await import(root + 'iam-policy/dist/esm/index.js')

const simulationParameters = {
  simulationMode: 'Strict',
  discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
}
// Where a trust policy names an AWS account as a whole, a policy of the caller's must allow
// the call too. That is not asked here, so there is one that allows everything.
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const identityPolicies = [loadPolicy(everything, { name: 'caller' })]
const role = { resource: 'arn:aws:iam::111122223333:role/asked-for', accountId: '111122223333' }

function part(ask) {
  try {
    return ask() ? 'yes' : 'no'
  } catch (e) {
    return String(e)
  }
}

function verdict(request, resourcePolicy) {
  try {
    return authorize({
      request,
      identityPolicies,
      resourcePolicy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      simulationParameters,
      serviceSettings: {}
    }).result
  } catch (e) {
    return String(e)
  }
}

function simulate(policy, { action, principal, context }) {
  const request = new AwsRequestImpl(principal, role, action, new RequestContextImpl(context))
  const parts = policy
    .statements()
    .map((s) => [
      part(() => requestMatchesStatementPrincipals(request, s, simulationParameters).matches !== 'NoMatch'),
      part(() => requestMatchesStatementActions(request, s).matches),
      ...s.conditions().map((c) => part(() => singleConditionMatchesRequest(request, c, simulationParameters).matches))
    ])
  return { verdict: verdict(request, policy), parts }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { policy, requests } = JSON.parse(line)
  const loaded = loadPolicy(policy, { name: 'trust' })
  process.stdout.write(JSON.stringify(requests.map((r) => simulate(loaded, r))) + '\n')
}
