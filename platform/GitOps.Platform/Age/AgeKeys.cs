using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace GitOps.Platform.Age;

/// <summary>Whom a file is encrypted to: <c>age1…</c>, the public half of an <see cref="AgeIdentity"/>. Two are equal when they are the same key.</summary>
public sealed class AgeRecipient : IEquatable<AgeRecipient>
{
    private const string Prefix = "age";

    /// <summary>Every scalar is a multiple of the cofactor, so that points of low order give zeros with each.</summary>
    private static readonly byte[] AnyScalar = new byte[X25519.ScalarSize];

    private readonly string _text;

    internal AgeRecipient(byte[] point) => (Point, _text) = (point, Bech32.Encode(Prefix, point));

    internal byte[] Point { get; }

    /// <summary>
    /// Null for what is no X25519 recipient of age v1 in its one form, lower case, and for the few points of low order (RFC 7748 §6.1):
    /// no secret can be shared with those, and nobody has their private half.
    /// </summary>
    public static AgeRecipient? TryParse(string? text) =>
        text is not null && Bech32.TryDecode(Prefix, text) is { Length: X25519.PointSize } point && new AgeRecipient(point) is var read && read._text == text &&
            X25519.CalculateAgreement(AnyScalar, 0, point, 0, new byte[X25519.PointSize], 0)
                ? read
                : null;

    public bool Equals(AgeRecipient? other) => other?._text == _text;

    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    public override string ToString() => _text;
}

/// <summary>A private key, <c>AGE-SECRET-KEY-1…</c>. It is no record, and its text is asked for by name: nothing prints it by accident.</summary>
public sealed class AgeIdentity
{
    private const string Prefix = "age-secret-key-";

    /// <summary>RFC 7748 §4.1. Multiplied like any other point: a table for this one costs more in the agent than it saves here.</summary>
    private static readonly byte[] BasePoint = [9, .. new byte[X25519.PointSize - 1]];

    private AgeIdentity(byte[] scalar)
    {
        Scalar = scalar;
        var point = new byte[X25519.PointSize];
        X25519.ScalarMult(scalar, 0, BasePoint, 0, point, 0);
        Recipient = new AgeRecipient(point);
    }

    /// <summary>The public half.</summary>
    public AgeRecipient Recipient { get; }

    internal byte[] Scalar { get; }

    public static AgeIdentity Generate() => new(RandomNumberGenerator.GetBytes(X25519.ScalarSize));

    /// <summary>
    /// The one key of a file as <c>age-keygen</c> writes it: empty lines and comments (<c>#</c>) are passed over. Null for
    /// anything else, more than one key included.
    /// </summary>
    public static AgeIdentity? TryParse(string? file)
    {
        var lines = file?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').ToList();
        return lines is [var text] && !text.Any(char.IsAsciiLetterLower) && Bech32.TryDecode(Prefix, text) is { Length: X25519.ScalarSize } scalar
            ? new AgeIdentity(scalar)
            : null;
    }

    /// <summary>The secret itself.</summary>
    public string ToSecretText() => Bech32.Encode(Prefix, Scalar).ToUpperInvariant();

    public override string ToString() => $"the identity of {Recipient}";
}
