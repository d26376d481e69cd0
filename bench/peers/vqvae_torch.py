"""Benchmark peer: one training step of a convolutional VQ-VAE in PyTorch. See protocol.py and torch_layers.py.

Usage: vqvae_torch.py eager | compiled FILE     (compiled uses torch.compile)
"""

import sys

import protocol as p
import torch
import torch.nn.functional as F
import torch_layers as layers
import vqvae as c
from torch import nn


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(c.WIDTH, c.INNER, 3, padding=1)
        self.conv2 = nn.Conv2d(c.INNER, c.WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, c.WIDTH // 2, 4, 2, 1)
        self.conv2 = nn.Conv2d(c.WIDTH // 2, c.WIDTH, 4, 2, 1)
        self.conv3 = nn.Conv2d(c.WIDTH, c.WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*(Residual() for _ in range(c.BLOCKS)))
        self.conv4 = nn.Conv2d(c.WIDTH, c.CODE_WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return self.conv4(F.relu(self.blocks(x)))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(c.CODE_WIDTH, c.WIDTH, 3, padding=1)
        self.blocks = nn.Sequential(*(Residual() for _ in range(c.BLOCKS)))
        self.conv2 = nn.ConvTranspose2d(c.WIDTH, c.WIDTH // 2, 4, 2, 1)
        self.conv3 = nn.ConvTranspose2d(c.WIDTH // 2, 3, 4, 2, 1)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.conv3(F.relu(self.conv2(F.relu(self.blocks(self.conv1(z))))))


class Quantiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(c.CODES, c.CODE_WIDTH)

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, D, H, W] -> the same, and the codebook's loss"""
        rows = z.permute(0, 2, 3, 1)
        flat, codebook = rows.reshape(-1, c.CODE_WIDTH), self.embedding.weight
        distances = flat.square().sum(1, keepdim=True) - 2 * flat @ codebook.T + codebook.square().sum(1)
        codes = self.embedding(distances.argmin(1)).view(rows.shape)
        loss = F.mse_loss(codes, rows.detach()) + c.COMMITMENT * F.mse_loss(rows, codes.detach())
        return (rows + (codes - rows).detach()).permute(0, 3, 1, 2), loss


class Vqvae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.quantiser, self.decoder = Encoder(), Quantiser(), Decoder()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """u8[B,H,W,3] -> the loss"""
        image = (pixels.float() / 255 - 0.5).permute(0, 3, 1, 2)
        codes, loss = self.quantiser(self.encoder(image))
        return F.mse_loss(self.decoder(codes), image) + loss


def make(weights: p.Arrays, compiled: bool) -> tuple[int, object]:
    # Pictures come with their channels last, the layout that PyTorch's convolutions are fastest in.
    model = Vqvae().to(memory_format=torch.channels_last)
    parameters = layers.load(model, weights)
    optimizer = layers.adamw(model, model.quantiser.embedding.weight)
    return parameters, layers.train(torch.compile(model) if compiled else model, optimizer)


if __name__ == '__main__':
    if sys.argv[1:-1] not in (['eager'], ['compiled']):
        sys.exit('usage: vqvae_torch.py eager | compiled FILE')
    mode = sys.argv[1]
    p.serve(f'torch_{mode}', layers.VERSIONS, lambda weights: make(weights, mode == 'compiled'))
