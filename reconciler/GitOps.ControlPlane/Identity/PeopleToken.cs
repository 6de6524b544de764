using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Identity;

/// <summary>The token people's programs present: 256 random bits in a file that only its owner reads.</summary>
public sealed class PeopleToken
{
    private const int LimitBytes = 4096;
    private readonly byte[] _hash;

    private PeopleToken(string value) => _hash = Hash(value);

    /// <summary>Reads the token, or makes one where there is no file.</summary>
    public static PeopleToken LoadOrCreate(IFileLayer layer, string path)
    {
        if (Read(layer, path) is { } there)
        {
            return new PeopleToken(there);
        }

        var made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        AtomicFile.Write(layer, path, Encoding.ASCII.GetBytes(made + "\n"));
        return new PeopleToken(made);
    }

    /// <summary>Reads a token that somebody else keeps; null when there is none, or it is empty.</summary>
    public static PeopleToken? Load(IFileLayer layer, string path) => Read(layer, path) is { } there ? new PeopleToken(there) : null;

    /// <summary>The token's text for a client on the same machine; null when there is none, or it is empty.</summary>
    public static string? Read(IFileLayer layer, string path) =>
        layer.Read(path, LimitBytes) is { } bytes && Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Whether this is the token. Takes the same time whatever is presented, its length included.</summary>
    public bool Matches(string presented) => CryptographicOperations.FixedTimeEquals(_hash, Hash(presented));

    private static byte[] Hash(string value) => SHA256.HashData(Encoding.UTF8.GetBytes(value));
}
