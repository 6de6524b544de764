namespace GitOps.Agent.Host.Diagnosis;

/// <summary>How something stands that an operator would look at.</summary>
internal enum CheckLevel
{
    Ok,

    /// <summary>Not wrong yet, or not here.</summary>
    Note,

    /// <summary>Works, and should be looked at.</summary>
    Warn,

    /// <summary>Does not work.</summary>
    Fail,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at: <c>clock</c>, <c>store</c>.</param>
/// <param name="What">How it is, expected and actual where they differ.</param>
internal sealed record Check(string Name, CheckLevel Level, string What)
{
    /// <summary>What helps; always there with <see cref="CheckLevel.Warn"/> and <see cref="CheckLevel.Fail"/>.</summary>
    public string? Fix { get; init; }

    public static Check Ok(string name, string what) => new(name, CheckLevel.Ok, what);

    public static Check Note(string name, string what) => new(name, CheckLevel.Note, what);

    public static Check Warn(string name, string what, string fix) => new(name, CheckLevel.Warn, what) { Fix = fix };

    public static Check Fail(string name, string what, string fix) => new(name, CheckLevel.Fail, what) { Fix = fix };
}
