using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Infra.Edge;

/// <summary>The configuration <c>fleet</c>.</summary>
internal sealed record EdgeSettings : ICheckedSettings
{
    /// <summary>A checkout of the fleet repository, relative to this project.</summary>
    public string Repository { get; init; } = "";

    /// <summary>The stack of the control plane: ORGANIZATION/PROJECT/STACK.</summary>
    public string Cloud { get; init; } = "";

    /// <summary>SHA-256 of the fleet authority's certificate (DER), hex: how machines know their control plane.</summary>
    public string AuthoritySha256 { get; init; } = "";

    /// <summary>So many nodes may leave with one <c>up</c> unasked.</summary>
    public int MaxRemovals { get; init; } = 5;

    /// <summary>The id of a set of removals that may exceed it.</summary>
    public string? ConfirmRemoval { get; init; }

    /// <summary>RFC 3339: until when tokens that nobody used are good. A program of Pulumi has no clock that it could count from.</summary>
    public string TokensExpire { get; init; } = "";

    /// <summary>A higher number voids every token and makes new ones.</summary>
    public int TokenEpoch { get; init; } = 1;

    /// <summary>The same for single nodes: a machine was replaced, a token got lost.</summary>
    public IReadOnlyDictionary<string, int> TokenEpochs { get; init; } = new Dictionary<string, int>();

    /// <summary>Nodes that may neither enrol nor renew for now.</summary>
    public IReadOnlyList<string> Suspended { get; init; } = [];

    public int EpochOf(string node) => Math.Max(TokenEpoch, TokenEpochs.GetValueOrDefault(node, TokenEpoch));

    public IEnumerable<string> Problems()
    {
        if (Repository.Length == 0)
        {
            yield return "repository: is missing; a folder with a checkout of the fleet repository";
        }

        if (Cloud.Split('/') is not [{ Length: > 0 }, { Length: > 0 }, { Length: > 0 }])
        {
            yield return $"cloud: '{Cloud}' is not ORGANIZATION/PROJECT/STACK; with a backend of your own the organization is 'organization'";
        }

        if (AuthoritySha256.Length != 64 || !AuthoritySha256.All(char.IsAsciiHexDigitLower))
        {
            yield return $"authoritySha256: '{AuthoritySha256}' is not 64 digits of lower-case hex; infra/README.md says how to get it";
        }

        if (MaxRemovals < 0)
        {
            yield return $"maxRemovals: {MaxRemovals} is below 0";
        }

        if (TokenEpoch < 1 || TokenEpochs.Values.Any(epoch => epoch < 1))
        {
            yield return "tokenEpoch and tokenEpochs: begin at 1";
        }

        if (!DateTimeOffset.TryParseExact(
            TokensExpire, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            yield return $"tokensExpire: '{TokensExpire}' is not a time such as 2027-01-31T00:00:00Z; tokens that nobody used are void from then on";
        }

        foreach (var node in TokenEpochs.Keys.Concat(Suspended).Where(node => !Label.IsValid(node)))
        {
            yield return $"'{node}' in tokenEpochs or suspended is not a node's name";
        }
    }
}
