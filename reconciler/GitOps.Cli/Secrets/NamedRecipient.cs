using GitOps.Platform.Age;

namespace GitOps.Cli.Secrets;

/// <summary>Somebody to encrypt to.</summary>
/// <param name="Name">Whose key it is; null: nobody said.</param>
internal sealed record NamedRecipient(AgeRecipient Recipient, string? Name = null)
{
    /// <summary>As a line of a list.</summary>
    public override string ToString() => Name is { Length: > 0 } ? $"{Recipient} # {Name}" : Recipient.ToString();

    /// <summary>Null: the line is no recipient.</summary>
    public static NamedRecipient? TryParse(string line)
    {
        var parts = line.Split('#', 2, StringSplitOptions.TrimEntries);
        return AgeRecipient.TryParse(parts[0]) is { } recipient ? new NamedRecipient(recipient, parts.Length > 1 ? parts[1] : null) : null;
    }
}
