namespace GitOps.Platform.Configuration;

/// <summary>What a setting holds.</summary>
public enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number within the setting's bounds.</summary>
    Integer,

    /// <summary>true or false.</summary>
    Boolean,
}

/// <summary>
/// One setting of a program. In the file it is <c>pollMs</c>, as a flag <c>--poll-ms</c>, in the environment
/// <c>PREFIX_POLL_MS</c>.
/// </summary>
/// <param name="Default">As it would be written in the environment; null: none, and the setting may be absent.</param>
/// <param name="Help">One sentence.</param>
public sealed record Setting(string Name, SettingKind Kind, string? Default, string Help)
{
    /// <summary>Shown as dots wherever effective values are printed.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The least an integer may be.</summary>
    public long Minimum { get; init; }

    /// <summary>The most an integer may be.</summary>
    public long Maximum { get; init; } = int.MaxValue;

    /// <summary><c>--poll-ms</c>.</summary>
    public string Flag => "--" + string.Concat(
        Name.Select(c => char.IsAsciiLetterUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{c}"));

    /// <summary><c>PREFIX_POLL_MS</c>.</summary>
    public string Variable(string prefix) => Variable(prefix, Name);

    internal static string Variable(string prefix, string name) =>
        prefix + string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
}

/// <summary>A setting that is none any more.</summary>
/// <param name="Fix">What to do instead.</param>
public sealed record MovedSetting(string Name, string Fix);

/// <summary>A setting as it holds, for <c>config</c>; secrets are masked.</summary>
/// <param name="Source">A flag, a variable, a file and line, or <c>default</c>.</param>
public sealed record EffectiveSetting(string Name, string? Value, string Source);

/// <summary>Something wrong in the settings, where, and what to do.</summary>
public sealed record SettingProblem(string Where, string What, string Fix);
