using GitOps.Agent.Planning;
using GitOps.Agent.Secrets;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Http;

namespace GitOps.Agent.Host.Secrets;

/// <summary>
/// Brings the secrets that a bundle has holes for to this disk before the bundle is applied: a generation goes when all of it is
/// here. Whatever is missing is a matter of the environment, tried again, and never held against the bundle.
/// </summary>
/// <param name="keys">The publication keys that count now.</param>
internal sealed class SealedStaging(NodeHttp http, string fleet, string node, SealedFiles files, string keyPath, Func<EquatableArray<TrustedKey>> keys) : IStagingDriver
{
    public async Task<StagingOutcome> StageAsync(Bundle bundle, CancellationToken cancellationToken)
    {
        var needed = bundle.SealedVersions();
        if (needed.Count == 0)
        {
            return new StagingOutcome.Done();
        }

        if (files.Key() is not { } key)
        {
            return new StagingOutcome.Failed(SealedFiles.NoKey(keyPath));
        }

        if (needed.All(version => files.Opens(version, key)))
        {
            return new StagingOutcome.Done();
        }

        switch (await http.GetAsync(StorePaths.Sealed(fleet, node), etag: null, cancellationToken))
        {
            case HttpAnswer.Content(var body, _):
                return Take(body.Span, needed, key.Recipient.ToString(), version => files.Opens(version, key));
            case HttpAnswer.Unreachable(var because):
                return Failed(AgentCodes.Unreachable, because, "nothing: it is tried again; check the network when it lasts");
            case HttpAnswer.Refused(var status, var detail):
                return Failed(AgentCodes.Unreachable, $"the store refuses this node with {status}: {detail}", "nothing: it is tried again");
            default:
                return Failed(SecretCodes.NotHere, $"the control plane has sealed no secrets for {node}, and the bundle needs {needed.Count}",
                    $"see that it knows this node's key {key.Recipient}: 'gitops status' says which nodes it has none of");
        }
    }

    public void Keep(IReadOnlyList<Bundle> kept)
    {
        try
        {
            files.Keep(kept.SelectMany(bundle => bundle.SealedVersions()).ToHashSet());
        }
        catch (FileLayerException)
        {
            // Ciphertext that stays a little longer; the next commit collects again.
        }
    }

    private StagingOutcome Take(ReadOnlySpan<byte> body, IReadOnlySet<Digest> needed, string recipient, Func<Digest, bool> opens)
    {
        if (SealedSecrets.TryRead(body, fleet, node, keys()) is not { } secrets)
        {
            return Failed(SecretCodes.NotTrusted, $"the sealed secrets of the store are not signed for {node} of fleet {fleet}",
                "check what is between the store and this node; 'gitops-agent status' shows whom it trusts");
        }

        try
        {
            files.Take(secrets);
        }
        catch (FileLayerException e)
        {
            return Failed(e.Fault == FileFault.Full ? AgentCodes.NoRoom : AgentCodes.FileFailed, e.Message, "check the disk of the state directory");
        }

        var missing = needed.Except(secrets.Secrets.Select(secret => secret.Version)).Count(version => !opens(version));
        return missing > 0
            ? Failed(SecretCodes.NotHere, $"{missing} of the {needed.Count} secrets that the bundle needs are not sealed to this node yet",
                "nothing: it is fetched again; 'gitops status' says what the control plane waits for")
            : needed.All(opens) ? new StagingOutcome.Done()
            : Failed(SecretCodes.ForAnotherKey, $"secrets that the bundle needs are not sealed to {recipient}, this node's key" +
                (secrets.Recipient == recipient ? "" : $", but to {secrets.Recipient}"), SealedFiles.AnotherKeyFix);
    }

    private static StagingOutcome.Failed Failed(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}
