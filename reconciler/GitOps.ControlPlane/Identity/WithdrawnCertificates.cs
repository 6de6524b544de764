using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.ControlPlane.Identity;

/// <summary>Why a certificate is no longer what it was when it was issued.</summary>
public enum Withdrawal
{
    /// <summary>
    /// Its node leaves the fleet: it is good for reading that and for saying so, until the node has.
    /// </summary>
    [JsonStringEnumMemberName("retired")]
    Retired,

    /// <summary>It is refused.</summary>
    [JsonStringEnumMemberName("revoked")]
    Revoked,
}

/// <summary>A certificate withdrawn before its time.</summary>
public sealed record WithdrawnCertificate(
    string Serial, string Node, Withdrawal State, DateTimeOffset At, DateTimeOffset ValidUntil, string Because);

/// <summary>
/// Every certificate withdrawn and not expired, and the nodes that were taken out of the fleet and have had no identity
/// since. Immutable; one file of the authority's folder, replaced as a whole.
/// </summary>
/// <param name="Certificates">By serial number.</param>
/// <param name="Removed">By name.</param>
public sealed record WithdrawnCertificates(
    EquatableArray<WithdrawnCertificate> Certificates, EquatableArray<string> Removed)
{
    public int Format { get; init; } = 1;

    public static WithdrawnCertificates None { get; } = new([], []);

    /// <summary>Withdraws these, and forgets what expired. What is revoked already stays as it is.</summary>
    public WithdrawnCertificates Withdraw(
        IEnumerable<(string Serial, string Node, DateTimeOffset ValidUntil)> certificates,
        Withdrawal state,
        string because,
        DateTimeOffset now)
    {
        var all = Certificates.Where(known => known.ValidUntil > now)
            .ToDictionary(known => known.Serial, StringComparer.Ordinal);
        foreach (var (serial, node, validUntil) in certificates)
        {
            if (validUntil > now && (!all.TryGetValue(serial, out var known) || known.State < state))
            {
                all[serial] = new WithdrawnCertificate(serial, node, state, now, validUntil, because);
            }
        }

        return this with { Certificates = all.Values.OrderBy(c => c.Serial, StringComparer.Ordinal).ToEquatableArray() };
    }

    public WithdrawnCertificates Remove(string node) =>
        this with { Removed = Removed.Append(node).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray() };

    public WithdrawnCertificates BringBack(string node) =>
        this with { Removed = Removed.Where(removed => removed != node).ToEquatableArray() };

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new WithdrawnFile(Format, [.. Certificates], [.. Removed]), WithdrawnJson.Default.WithdrawnFile);

    /// <exception cref="InvalidDataException">The bytes are not what was written.</exception>
    internal static WithdrawnCertificates Read(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, WithdrawnJson.Default.WithdrawnFile) is { Format: 1 } file
                ? new WithdrawnCertificates(file.Certificates.ToEquatableArray(), file.Removed.ToEquatableArray())
                : throw new InvalidDataException($"{path} has a format this release does not read");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"{path} cannot be read; restore it from a backup", damaged);
        }
    }
}

internal sealed record WithdrawnFile(int Format, WithdrawnCertificate[] Certificates, string[] Removed);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(WithdrawnFile))]
internal sealed partial class WithdrawnJson : JsonSerializerContext;
