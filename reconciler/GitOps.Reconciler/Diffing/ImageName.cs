using System.Diagnostics.CodeAnalysis;

namespace GitOps.Reconciler.Diffing;

/// <summary>A pinned image by its parts: <c>registry.example:5000/team/app@sha256:…</c>.</summary>
/// <param name="Repository">Everything before the <c>@</c>, as written, without a tag.</param>
public sealed record ImageName(string Repository, string Digest)
{
    private const string Default = "registry-1.docker.io";

    /// <summary>Where its registry answers; plain http only on this machine, as container engines do.</summary>
    public Uri RegistryAddress => Host is { } host
        ? new Uri($"{(host.StartsWith("localhost", StringComparison.Ordinal) || host.StartsWith("127.", StringComparison.Ordinal) ? "http" : "https")}://{host}/")
        : new Uri($"https://{Default}/");

    /// <summary>Its name inside of the registry.</summary>
    public string Path => Host is null
        ? Repository.Contains('/', StringComparison.Ordinal) ? Repository : $"library/{Repository}"
        : Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..];

    // As engines tell a registry from the first part of a name: it has a dot or a port, or is localhost.
    private string? Host => Repository.Split('/', 2) is [var first, _] &&
        (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost")
            ? first
            : null;

    public static bool TryParse(string image, [NotNullWhen(true)] out ImageName? name)
    {
        name = image.Split('@') is [{ Length: > 0 } repository, { Length: > 0 } digest] ? new ImageName(WithoutTag(WithoutAlias(repository)), digest) : null;
        return name is not null;
    }

    /// <summary>Engines write the registry that stands for none out in two ways.</summary>
    private static string WithoutAlias(string repository) =>
        repository.StartsWith("docker.io/", StringComparison.Ordinal) || repository.StartsWith("index.docker.io/", StringComparison.Ordinal)
            ? repository[(repository.IndexOf('/', StringComparison.Ordinal) + 1)..]
            : repository;

    private static string WithoutTag(string repository)
    {
        var colon = repository.LastIndexOf(':');
        return colon > repository.LastIndexOf('/') ? repository[..colon] : repository;
    }

    public override string ToString() => $"{Repository}@{Digest}";
}
