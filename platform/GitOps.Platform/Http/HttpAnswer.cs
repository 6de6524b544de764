namespace GitOps.Platform.Http;

/// <summary>What a server said, or that it said nothing. Closed.</summary>
public abstract record HttpAnswer
{
    private HttpAnswer()
    {
    }

    /// <summary>200: the content, and its ETag for the next time.</summary>
    public sealed record Content(ReadOnlyMemory<byte> Body, string? ETag) : HttpAnswer;

    /// <summary>304: what the given ETag stands for still holds.</summary>
    public sealed record NotModified : HttpAnswer;

    /// <summary>404.</summary>
    public sealed record NotFound : HttpAnswer;

    /// <summary>Any other status: the server understood and will not.</summary>
    public sealed record Refused(int Status, string Detail) : HttpAnswer;

    /// <summary>No answer that could be used: network, TLS, time limit, size limit, 5xx. May pass by itself.</summary>
    public sealed record Unreachable(string Because) : HttpAnswer
    {
        /// <summary>After how long the server wants to be asked again; null: it did not say.</summary>
        public TimeSpan? RetryAfter { get; init; }

        /// <summary>Why the server is not who it should be; null: nothing was wrong with that.</summary>
        public string? WrongPeer { get; init; }
    }
}

/// <summary>How a download ended. Closed.</summary>
public abstract record Download
{
    private Download()
    {
    }

    /// <summary>The file is there, durably, with the digest asked for.</summary>
    public sealed record Done(long BytesTransferred) : Download;

    /// <summary>The server does not have it.</summary>
    public sealed record NotFound : Download;

    /// <summary>What came is not what was asked for; nothing of it is kept.</summary>
    public sealed record Damaged(string Because) : Download;

    /// <summary>It broke off; what came is kept, and the next try goes on from there.</summary>
    public sealed record Interrupted(string Because) : Download;
}
