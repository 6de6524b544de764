using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Git;

/// <summary>Reads what gpg, git and ssh-keygen write for programs (GnuPG's doc/DETAILS; git-log, pretty formats; ssh-keygen -l).</summary>
internal static class GpgStatus
{
    /// <summary>What git prints of one commit: id, verdict, fingerprint of the key, of its primary key, id of the key.</summary>
    public const string Format = "%H%x00%G?%x00%GF%x00%GP%x00%GK%x00";

    private const int Fields = 5;

    /// <summary>Fingerprints of the primary keys that an import took; <c>IMPORT_OK reason fingerprint</c>.</summary>
    public static IEnumerable<string> Imported(string status) =>
        status.Split('\n').Select(line => line.Split(' ')).Where(words => words is ["[GNUPG:]", "IMPORT_OK", _, _, ..])
            .Select(words => words[3].TrimEnd()).Distinct(StringComparer.Ordinal);

    /// <summary>Fingerprints of SSH keys; <c>bits fingerprint comment (type)</c>.</summary>
    public static IReadOnlySet<string> Listed(string output) =>
        output.Split('\n').Select(line => line.Split(' ')).Where(words => words.Length > 1).Select(words => words[1]).ToHashSet(StringComparer.Ordinal);

    /// <summary>Null when it is not what <see cref="Format"/> gives.</summary>
    public static IReadOnlyList<CommitSignature>? Commits(string output)
    {
        var fields = output.Replace("\n", "", StringComparison.Ordinal).Split('\0');
        if (fields.Length % Fields != 1)
        {
            return null;
        }

        List<CommitSignature> commits = [];
        for (var i = 0; i + Fields < fields.Length; i += Fields)
        {
            var (commit, verdict, made, primary, id) = (fields[i], fields[i + 1], fields[i + 2], fields[i + 3], fields[i + 4]);
            var key = new[] { primary, made, id }.FirstOrDefault(text => text.Length > 0);
            if (!GitReference.IsCommitId(commit) || StateOf(verdict) is not { } state)
            {
                return null;
            }

            commits.Add(new CommitSignature(commit, state, key));
        }

        return commits;
    }

    private static SignatureState? StateOf(string verdict) => verdict switch
    {
        "G" => SignatureState.Good,
        "U" => SignatureState.UnknownKey, // made by a key that ssh-keygen finds no signer for
        "B" => SignatureState.Bad,
        "X" => SignatureState.Expired,
        "Y" => SignatureState.KeyExpired,
        "R" => SignatureState.KeyRevoked,
        "E" => SignatureState.UnknownKey,
        "N" => SignatureState.None,
        _ => null,
    };
}
